"""Which intents mean the same to every tenant?

Names of the model's labels that the engine itself knows. All others are the tenants' own.
"""

OUT_OF_SCOPE = "out_of_scope"
DIALOGUE_INTENTS = ("affirm", "deny", "cancel_flow", "repeat")  # mean something only inside a dialogue
SMALL_TALK = ("greet", "thanks", "bye", "praise", "chitchat")  # never what "did you mean" should offer
