"""Exact SHAP values of LightGBM's trees: `models.shap.formula` says how, `models.shap.explainer` does it."""
