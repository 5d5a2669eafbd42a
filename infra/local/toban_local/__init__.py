"""Runs the whole of Toban on one machine: which process, where, started and stopped by whom?"""
