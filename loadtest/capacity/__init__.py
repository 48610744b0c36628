"""What must be bought for so many turns a second?"""
