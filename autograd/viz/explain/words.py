"""The sentences of an explanation, in English and in Chinese."""

from __future__ import annotations

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "title": "Backpropagation through this model",
        "symbols": "Symbols",
        "symbol": "symbol", "name": "name", "shape": "shape",
        "input": "input", "target": "target", "initial": "initial state", "count": "how many the loss is averaged over",
        "mask": "mask of a dropout",
        "elementwise": "⊙ multiplies element by element, [condition] is 1 where it holds and else 0, ᵀ transposes, L is the "
        "loss, and δ⁽ˡ⁾ = ∂L/∂z⁽ˡ⁾ is the error of layer l. ∂₁L/∂w, ∂₂L/∂w, ... are the single contributions to ∂L/∂w.",
        "rows": "Each row of a matrix is one sample, as in the code. Textbooks that write a sample as a column transpose every "
        "matrix: both forms are the same equations.",
        "columns": "Each column of a matrix is one sample, as in most textbooks.",
        "forward": "Forward pass",
        "loss": "Loss",
        "error": "Output error",
        "error hint": "How the loss changes with the last pre-activation.",
        "backward": "Backward pass",
        "recursion": "The error of a layer is the error of the next one, sent back through its weights, times the slope of the "
        "activation:",
        "recursion columns": "With one sample per column, as in most textbooks:",
        "backward other": "From the loss back to the first layer, every step by the rule of its op. Where a value is used several "
        "times, what comes back is summed.",
        "gradients": "Gradients of the parameters",
        "update": "Update",
        "update hint": "After backward, {name} changes every parameter θ, with g = ∂L/∂θ:",
        "options": "with",
        "repeated": "{later} repeats {first}: its equations are the same, with its own parameters.",
        "repeated many": "{later} to {last} repeat {first}: their equations are the same, with their own parameters.",
        "model": "the model",
        "layer": "in {path} ({kind})", "layer only": "in {path}",
        "causal mask": "causal mask: 0 on and below the diagonal, −∞ above it",
        "not kept": "c, c₂, ... are constants that backward does not need: the graph has not saved them.",
        "where": "where",
        "values": "mean {mean}, norm {norm}",
        "simplified": "For this pair of loss and activation it simplifies to (a − y) / n.",
        "legend": "Functions in words",
    },
    "zh": {
        "title": "该模型的反向传播",
        "symbols": "符号",
        "symbol": "符号", "name": "名称", "shape": "形状",
        "input": "输入", "target": "目标", "initial": "初始状态", "count": "损失取平均的个数", "mask": "dropout 掩码",
        "elementwise": "⊙ 表示逐元素相乘，[条件] 在条件成立时为 1、否则为 0，ᵀ 表示转置，"
        "L 是损失，δ⁽ˡ⁾ = ∂L/∂z⁽ˡ⁾ 是第 l 层的误差。∂₁L/∂w、∂₂L/∂w、…… 是 ∂L/∂w 的各项贡献。",
        "rows": "矩阵的每一行是一个样本，与代码一致。把样本写成列的教科书会把每个矩阵转置：两种写法是同一组方程。",
        "columns": "矩阵的每一列是一个样本，与多数教科书一致。",
        "forward": "前向传播",
        "loss": "损失",
        "error": "输出误差",
        "error hint": "损失对最后一层净输入的变化率。",
        "backward": "反向传播",
        "recursion": "一层的误差等于下一层的误差经其权重传回，再乘以激活函数的导数：",
        "recursion columns": "若每一列是一个样本（多数教科书的写法）：",
        "backward other": "从损失回到第一层，每一步都按该运算的求导规则进行。一个值被多次使用时，传回的梯度相加。",
        "gradients": "参数的梯度",
        "update": "参数更新",
        "update hint": "反向传播之后，{name} 更新每个参数 θ，其中 g = ∂L/∂θ：",
        "options": "其中",
        "repeated": "{later} 与 {first} 结构相同：方程相同，参数各自独立。",
        "repeated many": "{later} 至 {last} 与 {first} 结构相同：方程相同，参数各自独立。",
        "model": "整个模型",
        "layer": "位于 {path}（{kind}）", "layer only": "位于 {path}",
        "causal mask": "因果掩码：对角线及以下为 0，以上为 −∞",
        "not kept": "c、c₂、…… 是反向传播不需要的常量，计算图没有保留它们。",
        "where": "其中",
        "values": "均值 {mean}，范数 {norm}",
        "simplified": "对于这一损失与激活函数的组合，它化简为 (a − y) / n。",
        "legend": "函数说明",
    },
}  # fmt: skip


def words(language: str) -> dict[str, str]:
    """The sentences in a language."""
    if language not in WORDS:
        raise ValueError(f"language must be one of {', '.join(map(repr, WORDS))}, not {language!r}")
    return WORDS[language]
