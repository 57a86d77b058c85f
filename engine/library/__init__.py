"""What the Models page asks of the desk: models of the Hub and on this computer, downloads, cards, the token, and
whether there is a newer version.

Each answer is made in a thread of its own, so that the desk stays at hand. No torch.
"""
