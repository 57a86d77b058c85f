"""How the packages are built and tried: ``python3 tasks.py package``.

``plan`` says what is in it, ``wheels`` fetches that, ``configuration`` tells Briefcase, ``trim`` takes out what is not
used, ``licences`` collects whose it is, ``making`` goes through it all, ``check`` tries the result.
"""
