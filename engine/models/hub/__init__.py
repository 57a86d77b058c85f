"""Models of the Hugging Face Hub: their addresses, the cache that all programs share, and downloading into it.

The Hub's own client neither resumes (from 1.18 on) nor checks what it receives, so that this is done here; where files
lie and how they are named is as that client does it, and so other programs find them. Only the desk downloads.
"""
