"""Evaluations planned before they begin: who gets the other policy when, by lot, and how it will be analysed."""
