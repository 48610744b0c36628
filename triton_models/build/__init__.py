"""How do sentences become a version of the student and its router?

`python -m triton_models.build` reads triton_models/data, trains both and places triton_models/repository/student/1.
Only this package needs torch, onnx and pypinyin; nothing here runs while customers are served.
"""
