"""What the doctor and the page of a training say, in English and in Chinese. Values are put in for names in braces."""

from __future__ import annotations

from typing import Any

# What a check has seen, in no language: the key of a sentence and the values to put in; a value may be such a pair again.
Said = tuple[str, dict[str, Any]]

SENTENCES: dict[str, dict[str, str]] = {
    "en": {
        # how a diagnosis is put together
        "finding": "{severity}: {name}{where}: {evidence}. {advice}.",
        "where": " in {layer}",
        "healthy": "Healthy: no fault was found ({basis}).",
        "found": "{n} found ({basis}).",
        "one batch": "one batch",
        "one step": "{n} step, {sampled} sampled",
        "steps": "{n} steps, {sampled} sampled",
        "and more": "{first} and {n} more",
        "comma": ", ",
        "and": " and ",
        "error": "error",
        "warning": "warning",
        "note": "note",
        # nan and infinity
        "nan or infinity": "nan or infinity",
        "loss is": "the loss is {value} at step {step}",
        "loss is after": "the loss is {value} at step {step} (it was {before} before)",
        "not finite": "{what} is not finite at step {step}",
        "not finite too": "{loss}, and {what} is not finite at step {step}",
        "value of": "the value of {name}",
        "output": "the output",
        "gradient of": "the gradient of {name}",
        "find nan": "Look for it with autograd.detect_anomaly(), which names the op that made it",
        "find nan later": "Look for it with autograd.detect_anomaly(), which names the op that made it; a lower learning rate or "
        "clipped gradients (nn.utils.clip_grad_norm_) help if the loss had grown before",
        "nan in the inputs": "nan in the inputs",
        "nan inputs": "{n} of {size} numbers that the model was given at step {step} are nan or infinite",
        "mend inputs": "Fill in or leave out missing values before training (numpy.isfinite finds them)",
        # inputs
        "unscaled inputs": "unscaled inputs",
        "large inputs": "the numbers that the model is given are as large as {most}, with a root mean square of {rms}",
        "uneven inputs": "the features that the model is given differ in size: feature {large} has a standard deviation of {most}, "
        "feature {small} one of {least}",
        "scale inputs": "Bring each feature to mean 0 and standard deviation 1 (images: divide by 255), or begin with a "
        "normalisation layer",
        # activations
        "dead ReLU": "dead ReLU",
        "dead units": "{share} of the units gave 0 for every example seen last ({examples} per unit); {zeros} of all outputs are 0",
        "revive": "No gradient passes them. Lower the learning rate, initialise for ReLU (nn.init.kaiming_uniform_) with biases of "
        "0, normalise the inputs, or use LeakyReLU or GELU",
        "saturated units": "saturated units",
        "saturated": "{share} of the outputs of {op} are within 0.01 of its bounds, where its slope is almost 0",
        "unsaturate": "Hardly a gradient passes them. Start from smaller weights (nn.init.xavier_uniform_), bring the inputs to a "
        "standard deviation of about 1, or normalise before the activation",
        "vanishing signal": "vanishing signal",
        "all alike": "between the examples of a batch its outputs differ by {share} of their size: the layers after it can't tell "
        "one example from another",
        "keep variance": "Each layer shrinks what tells the examples apart. Initialise for ReLU (nn.init.kaiming_normal_ with "
        "nonlinearity='relu'), add skip connections or normalisation layers, or use fewer layers",
        "dropout near 1": "dropout near 1",
        "dropped": "it sets {share} of its inputs to 0",
        "drop less": "p is the share that is dropped, not the share that is kept: 0.1 to 0.5 are usual",
        # gradients
        "vanishing gradient": "vanishing gradient",
        "vanished": "the gradient of {name} has a root mean square of {size}, {times} than that of {other}; it is below {limit} of "
        "a later layer's in {names}",
        "times smaller": "{n} times smaller",
        "infinitely smaller": "infinitely smaller",
        "unvanish": "Its layers hardly learn. Use ReLU or GELU in place of sigmoid and tanh, an initialisation that keeps the "
        "variance (nn.init.xavier_uniform_, kaiming_uniform_), normalisation layers or skip connections",
        "exploding gradient": "exploding gradient",
        "exploded": "the gradient of {name} is {ratio} times as large as its value",
        "exploded too": "the gradient of {name} is {ratio} times as large as its value (and above {limit} in {n} more)",
        "grows back": "on its way back the gradient grows: {size} (root mean square) in {name}, {least} in {other}",
        "unexplode": "Clip it (nn.utils.clip_grad_norm_), start from smaller weights (nn.init.xavier_uniform_), bring inputs and "
        "targets to a standard deviation of about 1, or add normalisation layers",
        "large targets": "large targets",
        "large loss": "the gradient of {name} is {ratio} times as large as its value, as the loss itself has a gradient of {scale}",
        "scale targets": "Bring the targets to a standard deviation of about 1, and the predictions back; the learning rate then "
        "means what it usually means",
        "gradients cleared before the step": "gradients cleared before the step",
        "cleared": "the loss depends on {names}, and none of them has a gradient at the step",
        "clear later": "Call zero_grad() before backward() or after the optimizer's step and recorder.step(loss), not in between",
        "no gradient": "no gradient",
        "never reached": "{names} got no gradient in any of {n} samples: the loss does not depend on {it}",
        "not reached": "{names} got no gradient in this batch: the loss does not depend on {it}",
        "it": "it",
        "them": "them",
        "reach": "Is the layer called in forward()? Is its result used, and not cut off by detach(), .data, .numpy() or no_grad()",
        "frozen parameter": "frozen parameter",
        "frozen listed": "{names}: requires_grad is False, though the optimizer holds it",
        "unfreeze listed": "Call requires_grad_(), or leave it out of the optimizer if it is meant to stay as it is",
        "frozen": "{names}: requires_grad is False",
        "unfreeze": "Call requires_grad_() if it is to learn",
        "not in the optimizer": "not in the optimizer",
        "never changes": "{names}: no group of the optimizer holds it, and in {n} samples it has not changed",
        "not held": "{names}: no group of this optimizer holds it",
        "hold": "Build the optimizer from model.parameters() after all layers are there, or freeze it with requires_grad_(False)",
        "hold one": "If no other optimizer holds it, it never changes",
        "forgotten zero_grad": "forgotten zero_grad",
        "carried": "in {n} of {looks} looks at {name}, and in {others} more parameters, nothing had cleared the gradient between "
        "two updates: a new one of norm {new} was added to one of norm {old} that the optimizer had used already",
        "clear": "Call optimizer.zero_grad() once per step, before backward()",
        # the loss
        "softmax before cross-entropy": "softmax before cross-entropy",
        "sigmoid before cross-entropy": "sigmoid before cross-entropy",
        "log_softmax before cross-entropy": "log_softmax before cross-entropy",
        "softmax before nll_loss": "softmax before nll_loss",
        "sigmoid before bce_with_logits": "sigmoid before bce_with_logits",
        "softmax before bce_with_logits": "softmax before bce_with_logits",
        "takes logs": "{first} is applied to the input of {op}, which takes log-probabilities",
        "applies itself": "{first} is applied to the input of {op}, which applies {inner} itself",
        "changes nothing": "{first} is applied to the input of {op}, which applies {inner} itself; a second time changes nothing",
        "use log_softmax": "Use log_softmax, or cross_entropy on the raw scores",
        "give scores": "Give {loss} the raw scores (logits) and leave {first} for predictions",
        "broadcast in the loss": "broadcast in the loss",
        "broadcast": "{op} of shapes {left} and {right} has the shape {shape}: each prediction is compared with each target",
        "same shape": "Give both the same shape: target.unsqueeze(1), or prediction.squeeze(1)",
        "loss at chance level": "loss at chance level",
        "chance": "after {n} steps, which moved the weights by {way} of their size, the loss is {end}, that of guessing among "
        "{classes} classes (ln {classes} = {chance})",
        "check labels": "Do inputs and labels still belong together (shuffled with the same permutation)? Does the model see what "
        "tells the classes apart? Can it learn a single batch",
        # the learning rate
        "no optimizer step": "no optimizer step",
        "never stepped": "{n} steps were recorded, and optimizer.step() was never called",
        "step": "Call optimizer.step() after backward(), on the optimizer that the recorder was given",
        "learning rate too high": "learning rate too high",
        "loss grew": "the loss grew from {start} to {top}, while the updates of {name} were {ratio} of its size",
        "loss jumped": "one of the first steps changed {name} by {ratio} of its size (about 0.001 is usual), and the loss jumped "
        "from {start} to {top}",
        "large updates": "a step changes {name} by {ratio} of its size (about 0.001 is usual), and the loss, {start} at first, is "
        "{end}",
        "lower rate": "Divide the learning rate by 3 to 10, or warm it up; clip gradients if single batches are to blame",
        "learning rate too low": "learning rate too low",
        "nothing changed": "no parameter has changed at all in {n} steps, though there are gradients",
        "is it 0": "Is the learning rate 0? Is the optimizer's step() called, and does it hold these parameters",
        "small updates": "a step changes {name} by at most {ratio} of its size (about 0.001 is usual), and the loss went from "
        "{start} to {end} in {n} steps",
        "raise rate": "Multiply the learning rate by {factor}, and watch the loss",
        # modes
        "eval mode": "eval mode",
        "layer in eval": "this {kind} is in eval mode while the model is trained",
        "train layer": "That is right for a frozen normalisation; else call model.train()",
        "in eval": "the model is in eval mode {when}: {kinds} compute something else there",
        "in eval harmless": "the model is in eval mode {when}; none of its layers minds",
        "at steps": "at {n} of {checks} steps looked at, first at step {first}",
        "now": "now",
        "train": "Call model.train() before training, and again after each validation",
        # the page
        "running": "running",
        "reloads": ": reloads every {n} s",
        "finished": "finished",
        "page steps": "{n} steps{took}, {sampled} sampled",
        "step number": "step",
        "loss number": "loss",
        "best": "best",
        "learning rate number": "learning rate",
        "doctor": "What the doctor says",
        "Loss": "Loss",
        "loss chart": "loss over steps",
        "at step": "{value} at step {step}",
        "thin and thick": "Thin: each step. Thick: mean of {n} steps.",
        "Learning rate": "Learning rate",
        "rate chart": "learning rate over steps",
        "group": "group {n}",
        "Gradient": "Gradient, root mean square by weight",
        "Update": "Update over value",
        "Dead": "Share of dead units",
        "usual": "usual",
        "lines": "lines over steps",
        "weights of": "Weights of {name}",
        "gradients of": "Gradients of {name}",
        "activations of": "Activations of {name}",
        "distribution": "distribution over time",
        "parameter": "parameter",
        "shape": "shape",
        "scalar": "scalar",
        "mean": "mean",
        "std": "std",
        "norm": "norm",
        "gradient norm": "gradient’s norm",
        "update / value": "update / value",
        "none": "none",
        "Parameters": "Parameters at step {n}",
        "more rows": "and {n} more",
    },
    "zh": {
        "finding": "{severity}：{name}{where}：{evidence}。{advice}。",
        "where": "（{layer}）",
        "healthy": "健康：没有发现问题（{basis}）。",
        "found": "发现 {n} 处问题（{basis}）。",
        "one batch": "一个批次",
        "one step": "{n} 步，采样 {sampled} 次",
        "steps": "{n} 步，采样 {sampled} 次",
        "and more": "{first} 及另外 {n} 个",
        "comma": "、",
        "and": "和",
        "error": "错误",
        "warning": "警告",
        "note": "提示",
        "nan or infinity": "nan 或无穷",
        "loss is": "第 {step} 步的损失为 {value}",
        "loss is after": "第 {step} 步的损失为 {value}（此前为 {before}）",
        "not finite": "{what}在第 {step} 步不是有限数",
        "not finite too": "{loss}，且{what}在第 {step} 步不是有限数",
        "value of": "{name} 的值",
        "output": "输出",
        "gradient of": "{name} 的梯度",
        "find nan": "用 autograd.detect_anomaly() 查找，它会指出产生它的运算",
        "find nan later": "用 autograd.detect_anomaly() 查找，它会指出产生它的运算；如果损失此前在增大，可降低学习率或裁剪梯度"
        "（nn.utils.clip_grad_norm_）",
        "nan in the inputs": "输入中有 nan",
        "nan inputs": "第 {step} 步输入模型的 {size} 个数中有 {n} 个是 nan 或无穷",
        "mend inputs": "训练前填补或去掉缺失值（可用 numpy.isfinite 查找）",
        "unscaled inputs": "输入未缩放",
        "large inputs": "输入模型的数最大达 {most}，均方根为 {rms}",
        "uneven inputs": "输入各特征的大小相差悬殊：第 {large} 个特征的标准差为 {most}，第 {small} 个为 {least}",
        "scale inputs": "把每个特征变换为均值 0、标准差 1（图像可除以 255），或以归一化层开头",
        "dead ReLU": "ReLU 死亡",
        "dead units": "{share} 的单元对最近的每个样本都输出 0（每个单元 {examples} 个样本）；全部输出中有 {zeros} 为 0",
        "revive": "梯度无法通过它们。降低学习率，用适合 ReLU 的初始化（nn.init.kaiming_uniform_）并把偏置设为 0，归一化输入，"
        "或改用 LeakyReLU 或 GELU",
        "saturated units": "单元饱和",
        "saturated": "{op} 的输出有 {share} 离其上下界不到 0.01，那里的斜率几乎为 0",
        "unsaturate": "几乎没有梯度能通过。减小初始权重（nn.init.xavier_uniform_），把输入的标准差变为约 1，或在激活前归一化",
        "vanishing signal": "信号消失",
        "all alike": "同一批次各样本的输出只相差其大小的 {share}：后面的层无法区分样本",
        "keep variance": "每一层都在缩小样本之间的差别。用适合 ReLU 的初始化（nn.init.kaiming_normal_，nonlinearity='relu'），"
        "加入跳跃连接或归一化层，或减少层数",
        "dropout near 1": "dropout 接近 1",
        "dropped": "它把 {share} 的输入置为 0",
        "drop less": "p 是被丢弃的比例，不是保留的比例：通常取 0.1 到 0.5",
        "vanishing gradient": "梯度消失",
        "vanished": "{name} 的梯度的均方根为 {size}，{times}（与 {other} 相比）；{names} 的梯度不到后面某层的 {limit}",
        "times smaller": "小 {n} 倍",
        "infinitely smaller": "小无穷多倍",
        "unvanish": "这些层几乎不学习。用 ReLU 或 GELU 代替 sigmoid 和 tanh，用保持方差的初始化（nn.init.xavier_uniform_、"
        "kaiming_uniform_），加入归一化层或跳跃连接",
        "exploding gradient": "梯度爆炸",
        "exploded": "{name} 的梯度是其值的 {ratio} 倍",
        "exploded too": "{name} 的梯度是其值的 {ratio} 倍（另有 {n} 个超过 {limit} 倍）",
        "grows back": "梯度在反向途中变大：{name} 处为 {size}（均方根），{other} 处为 {least}",
        "unexplode": "裁剪梯度（nn.utils.clip_grad_norm_），减小初始权重（nn.init.xavier_uniform_），把输入和目标的标准差变为约 1，"
        "或加入归一化层",
        "large targets": "目标值很大",
        "large loss": "{name} 的梯度是其值的 {ratio} 倍，因为损失本身的梯度为 {scale}",
        "scale targets": "把目标的标准差变为约 1，再把预测变换回去；这样学习率才有通常的含义",
        "gradients cleared before the step": "梯度在更新前被清零",
        "cleared": "损失依赖于 {names}，而更新时它们都没有梯度",
        "clear later": "在 backward() 之前，或在优化器更新和 recorder.step(loss) 之后调用 zero_grad()，不要在两者之间",
        "no gradient": "没有梯度",
        "never reached": "{names} 在 {n} 次采样中都没有梯度：损失不依赖于{it}",
        "not reached": "{names} 在这一批次中没有梯度：损失不依赖于{it}",
        "it": "它",
        "them": "它们",
        "reach": "forward() 中调用了这一层吗？它的结果用上了吗？有没有被 detach()、.data、.numpy() 或 no_grad() 切断",
        "frozen parameter": "参数被冻结",
        "frozen listed": "{names}：requires_grad 为 False，而优化器持有它",
        "unfreeze listed": "调用 requires_grad_()；如果本来就要保持不变，则不要交给优化器",
        "frozen": "{names}：requires_grad 为 False",
        "unfreeze": "如果它应当学习，请调用 requires_grad_()",
        "not in the optimizer": "不在优化器中",
        "never changes": "{names}：优化器的任何参数组都不持有它，{n} 次采样中它没有变化",
        "not held": "{names}：这个优化器的任何参数组都不持有它",
        "hold": "在所有层都建好之后用 model.parameters() 建立优化器，或用 requires_grad_(False) 冻结它",
        "hold one": "如果没有别的优化器持有它，它永远不会变化",
        "forgotten zero_grad": "忘记 zero_grad",
        "carried": "对 {name} 的 {looks} 次观察中有 {n} 次（另有 {others} 个参数），两次更新之间没有清除梯度：范数为 {new} 的新梯度"
        "加到了优化器已用过的、范数为 {old} 的梯度上",
        "clear": "每步在 backward() 之前调用一次 optimizer.zero_grad()",
        "softmax before cross-entropy": "交叉熵之前有 softmax",
        "sigmoid before cross-entropy": "交叉熵之前有 sigmoid",
        "log_softmax before cross-entropy": "交叉熵之前有 log_softmax",
        "softmax before nll_loss": "nll_loss 之前有 softmax",
        "sigmoid before bce_with_logits": "bce_with_logits 之前有 sigmoid",
        "softmax before bce_with_logits": "bce_with_logits 之前有 softmax",
        "takes logs": "{op} 的输入经过了 {first}，而它要的是对数概率",
        "applies itself": "{op} 的输入经过了 {first}，而它自己会做 {inner}",
        "changes nothing": "{op} 的输入经过了 {first}，而它自己会做 {inner}；做第二次没有影响",
        "use log_softmax": "用 log_softmax，或把原始分数交给 cross_entropy",
        "give scores": "把原始分数（logits）交给 {loss}，{first} 留给预测用",
        "broadcast in the loss": "损失中发生广播",
        "broadcast": "{op} 的两个操作数形状为 {left} 和 {right}，结果形状为 {shape}：每个预测都与每个目标相比",
        "same shape": "使两者形状相同：target.unsqueeze(1)，或 prediction.squeeze(1)",
        "loss at chance level": "损失停在随机水平",
        "chance": "{n} 步共使权重移动了其大小的 {way}，损失仍为 {end}，等于在 {classes} 个类别中随机猜测"
        "（ln {classes} = {chance}）",
        "check labels": "输入和标签还对应吗（打乱时用了同一个排列吗）？模型看得到区分类别的信息吗？它能学会一个批次吗",
        "no optimizer step": "优化器没有更新",
        "never stepped": "记录了 {n} 步，但从未调用 optimizer.step()",
        "step": "在 backward() 之后，对交给记录器的优化器调用 optimizer.step()",
        "learning rate too high": "学习率过高",
        "loss grew": "损失从 {start} 增大到 {top}，而 {name} 的更新为其大小的 {ratio}",
        "loss jumped": "最初某一步使 {name} 改变了其大小的 {ratio}（通常约 0.001），损失从 {start} 跳到 {top}",
        "large updates": "一步使 {name} 改变其大小的 {ratio}（通常约 0.001），损失最初为 {start}，现在为 {end}",
        "lower rate": "把学习率除以 3 到 10，或做预热；如果是个别批次造成的，裁剪梯度",
        "learning rate too low": "学习率过低",
        "nothing changed": "{n} 步中没有任何参数变化，尽管有梯度",
        "is it 0": "学习率是 0 吗？调用了优化器的 step() 吗？它持有这些参数吗",
        "small updates": "一步最多使 {name} 改变其大小的 {ratio}（通常约 0.001），{n} 步中损失从 {start} 变为 {end}",
        "raise rate": "把学习率乘以 {factor}，再观察损失",
        "eval mode": "评估模式",
        "layer in eval": "训练时这个 {kind} 处于评估模式",
        "train layer": "对冻结的归一化层来说这是对的；否则请调用 model.train()",
        "in eval": "模型{when}处于评估模式：{kinds} 在其中的计算不同",
        "in eval harmless": "模型{when}处于评估模式；它的各层都不受影响",
        "at steps": "在观察的 {checks} 步中有 {n} 步（最早第 {first} 步）",
        "now": "现在",
        "train": "训练前以及每次验证之后调用 model.train()",
        "running": "运行中",
        "reloads": "：每 {n} 秒刷新",
        "finished": "已结束",
        "page steps": "{n} 步{took}，采样 {sampled} 次",
        "step number": "步",
        "loss number": "损失",
        "best": "最佳",
        "learning rate number": "学习率",
        "doctor": "诊断",
        "Loss": "损失",
        "loss chart": "损失随步数的变化",
        "at step": "第 {step} 步为 {value}",
        "thin and thick": "细线：每一步。粗线：{n} 步的均值。",
        "Learning rate": "学习率",
        "rate chart": "学习率随步数的变化",
        "group": "第 {n} 组",
        "Gradient": "各权重梯度的均方根",
        "Update": "更新量与值之比",
        "Dead": "死亡单元的比例",
        "usual": "通常",
        "lines": "各条曲线随步数的变化",
        "weights of": "{name} 的权重",
        "gradients of": "{name} 的梯度",
        "activations of": "{name} 的激活值",
        "distribution": "分布随时间的变化",
        "parameter": "参数",
        "shape": "形状",
        "scalar": "标量",
        "mean": "均值",
        "std": "标准差",
        "norm": "范数",
        "gradient norm": "梯度范数",
        "update / value": "更新量 / 值",
        "none": "无",
        "Parameters": "第 {n} 步的参数",
        "more rows": "以及另外 {n} 个",
    },
}


class Words:
    """The sentences in one language.

    Raises:
        ValueError: a language that nothing is written in.
    """

    def __init__(self, language: str) -> None:
        if language not in SENTENCES:
            raise ValueError(f"language must be one of {', '.join(map(repr, SENTENCES))}, not {language!r}")
        self.language, self._sentences = language, SENTENCES[language]

    def __call__(self, key: str, **values: Any) -> str:
        """A sentence with its values; a list of names is cut to three, and a pair of key and values is a sentence itself."""
        return self._sentences[key].format(**{name: self._value(value) for name, value in values.items()})

    def said(self, said: Said) -> str:
        """What a check has seen, as a sentence."""
        return self(said[0], **said[1])

    def _value(self, value: Any) -> Any:
        if isinstance(value, tuple):
            return self.said(value)
        if isinstance(value, list):
            return (
                self("comma").join(value)
                if len(value) < 5
                else self("and more", first=self("comma").join(value[:3]), n=len(value) - 3)
            )
        return value


__all__ = ["SENTENCES", "Said", "Words"]
