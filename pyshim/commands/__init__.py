"""What is typed? A command of `sluice` is a file here, or a folder with a file for each group of its commands."""
