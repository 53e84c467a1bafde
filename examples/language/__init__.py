"""Language models under Hugging Face's parameter names: GPT-2, Llama, BERT; generation, LoRA, and reading weight files."""
