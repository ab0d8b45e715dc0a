//! Text methods: language, sentiment, themes; text in, values out.
