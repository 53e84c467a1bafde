"""The words that formulas use and mathematics has not, each with a sentence that explains it, in English and in Chinese.

A word is a function's name in the language of formulas; ``LABELS`` says how it is printed, where that is otherwise.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from types import MappingProxyType

# Words in other languages: what stands under a sum, beside a brace, in an index.
TERMS: dict[str, Mapping[str, str]] = {
    "en": MappingProxyType({}),
    "zh": MappingProxyType({
        "if": "若", "else": "否则", "otherwise": "否则", "at": "在", "elsewhere": "其余位置", "or": "或", "where": "其中",
        "last": "末维", "dim": "维", "dims": "维", "new": "新维", "from the end": "从末尾起", "scalar": "标量",
        "time": "时间", "rows": "各行", "classes": "类别", "broadcast": "广播的维", "place": "位置", "all dims": "所有维",
    }),
}  # fmt: skip

LABELS = {
    "spread": "𝟏", "position": "place", "gather": "place", "ungather": "place", "sum_to": "broadcast", "before": "t−1",
    "after": "t+1", "back": "t+1", "swapaxes": "T", "transpose": "T", "unindex": "at", "cumsum": "j ≤ i", "cumprod": "j ≤ i",
    "cummax": "j ≤ i",
    "cummin": "j ≤ i", "logical_not": "not",
}  # fmt: skip

# Functions that are printed under a mathematical name.
PRINTED = {
    "jv": "J", "yv": "Y", "iv": "I", "kv": "K", "eval_chebyt": "T", "eval_chebyu": "U", "eval_legendre": "P", "eval_hermite": "H",
    "eval_hermitenorm": "He", "eval_gegenbauer": "C", "eval_genlaguerre": "L", "gammainc": "P", "gammaincc": "Q", "digamma": "ψ",
    "psi_n": "ψ", "zeta": "ζ", "dAi": "Ai'", "broadcast_to": "broadcast",
}  # fmt: skip

# By what is printed, or by the function.
NOTES: dict[str, dict[str, str]] = {
    "en": {
        "𝟏": "ones along the dimensions that were reduced: what they multiply is copied along these",
        "place": "the number of an element along the dimension; x[place = k] are the elements of x whose place is k",
        "broadcast": "the dimensions along which the operand was copied",
        "j ≤ i": "for each place i of the dimension over the places j up to it",
        "t−1": "one step earlier in time; before the first step, the initial state",
        "t+1": "one step later in time; after the last step, 0",
        "T": "with two of more dimensions it exchanges them, with all of them it names their new order",
        "part": "one of the equal parts into which the last dimension is cut, one for each gate",
        "time steps": "h_0 and c_0 are the initial states; what stands at T + 1, after the last step, is 0",
        "heads side by side": "Q, K and V hold every head; products and softmax are taken for each head by itself",
        "gaps": "the matrix of the differences w[j] − w[i]; where i = j the quotient is taken as 0",
        "fitted": "cut to the length of x, or filled up with zeros",
        "determined": "less what turns or stretches a column of V, which its normalisation takes away",
        "shares": "the share of each class in the loss: weight / n at the target, with label_smoothing spread over all",
        "heads": "the three thirds of the last dimension, each cut into heads",
        "join": "the heads put side by side again",
        "time": "the first dimension",
        "rows": "all dimensions but the last",
        "classes": "the dimension of the classes",
        "blocks": "the matrix of these four blocks",
        "corner": "its upper right block",
        "causal_mask": "0 up to the query's own place, −∞ for later keys",
        "argsort": "the places of the elements in ascending order; descending, the largest come first",
        "first": "the first k of them",
        "kth": "the k-th of them",
        "median_place": "where the median is; of two middle elements, the lower",
        "mode_place": "where the most frequent element is for the last time",
        "last_place": "the last place j ≤ i with this value",
        "lower": "the place of the sorted element just below the rank q (n − 1)",
        "upper": "the place of the sorted element just above the rank q (n − 1)",
        "between": "how far the rank is from the lower to the upper",
        "quantile": "the value at the rank q (n − 1) of the sorted elements, interpolated",
        "winner": "the place of the largest element of a window",
        "flat": "the number of a place, counted row by row",
        "onehot": "1 at the target's class, else 0",
        "count": "how many elements there are",
        "extended": "filled up with zeros to the shape",
        "stays": "1 for what no later element overwrites, else 0",
        "untouched": "1 where no element is written, else 0",
        "scatter": "x, overwritten at the places that the index names",
        "scatter_reduce": "at each place the extreme of x and of what the index sends there",
        "masked": "those elements where the mask holds, in order",
        "masked_scatter": "x, overwritten in order where the mask holds",
        "written": "the region that was written in place",
        "bag_of": "the number of the bag that each row is in",
        "largest_of": "the row of the largest element of each bag",
        "nothing_in": "1 for a bag without rows, else 0",
        "concat": "joined along the dimension", "stack": "joined along a new dimension",
        "split": "cut into the parts that were joined", "unstack": "cut into the slices that were joined",
        "pad": "with a border", "unpad": "without its border: what was copied into it is added back",
        "tile": "repeated side by side", "untile": "the sum over the copies",
        "flip": "in reverse order", "roll": "shifted in a circle", "shift": "shifted, with zeros moving in",
        "broadcast_to": "copied to the shape", "cast": "rounded to the number format",
        "tril": "the lower triangle, else 0", "triu": "the upper triangle, else 0",
        "triangle": "the triangle that is read, with ones on the diagonal if it is unitriangular",
        "diag": "the matrix with this diagonal, or the diagonal of a matrix, else 0",
        "diagonal": "the diagonal", "undiagonal": "a matrix of zeros with this diagonal",
        "diag_embed": "a matrix of zeros with this diagonal",
        "tr": "the trace, the sum of the diagonal", "cofactor": "the matrix of the cofactors, the gradient of the determinant",
        "along": "the product with the matrix along one dimension",
        "strided": "the elements that a view by strides shows",
        "unstrided": "zeros, with each element added where the view shows it",
        "unfold": "all windows along a dimension", "refold": "each element of a window added where it came from",
        "unfold_image": "the windows of an image as columns", "fold": "an image from its windows; where they overlap they add up",
        "plane_gather": "the elements with these numbers, counted row by row",
        "plane_scatter": "zeros, with each element added at its number, counted row by row",
        "max_windows_indices": "the number of the largest element of each window, counted row by row",
        "einsum": "the sum of products that the letters name", "exchanged": "with this operand and the result exchanged",
        "tensordot": "the sum of products over pairs of dimensions", "free": "over its dimensions that were not summed",
        "cross": "the cross product", "sinc": "sin(πx) / (πx)",
        "jv": "the Bessel function of the first kind", "yv": "the Bessel function of the second kind",
        "iv": "the modified Bessel function of the first kind", "kv": "the modified Bessel function of the second kind",
        "eval_chebyt": "the Chebyshev polynomial of the first kind", "eval_chebyu": "the Chebyshev polynomial of the second kind",
        "eval_legendre": "the Legendre polynomial", "eval_hermite": "the Hermite polynomial",
        "eval_hermitenorm": "the Hermite polynomial of probability theory", "eval_gegenbauer": "the Gegenbauer polynomial",
        "eval_genlaguerre": "the Laguerre polynomial", "gammainc": "the lower incomplete gamma function, divided by Γ(a)",
        "gammaincc": "the upper incomplete gamma function, divided by Γ(a)", "Ai": "the Airy function", "dAi": "its derivative",
        "digamma": "the derivative of log Γ", "psi_n": "its derivatives", "zeta": "the sum of 1 / (k + b)^a",
    },
    "zh": {
        "𝟏": "沿被归约的维度全为 1：与它相乘的量沿这些维度复制",
        "place": "元素沿该维度的序号；x[位置 = k] 是 x 中序号为 k 的元素",
        "broadcast": "操作数被复制的维度",
        "j ≤ i": "对该维度的每个位置 i，取不超过它的位置 j",
        "t−1": "前一时刻；第一步之前是初始状态",
        "t+1": "后一时刻；最后一步之后为 0",
        "T": "只列出其中两维时交换这两维，列出全部维度时给出新的次序",
        "part": "最后一维等分后的一份，每个门一份",
        "time steps": "h_0 与 c_0 是初始状态；T + 1 处（最后一步之后）的量为 0",
        "heads side by side": "Q、K、V 含有每个头；乘积与 softmax 对每个头分别进行",
        "gaps": "差 w[j] − w[i] 的矩阵；i = j 处的商取 0",
        "fitted": "截取到 x 的长度，或以零补足",
        "determined": "减去使 V 的列旋转或伸缩的部分，归一化会将其去掉",
        "shares": "每个类别在损失中的份额：目标处为 weight / n，label_smoothing 分摊到所有类别",
        "heads": "最后一维的三等分，各再切分为多个头",
        "join": "把各个头重新并排放置",
        "time": "第一个维度",
        "rows": "除最后一个以外的所有维度",
        "classes": "类别所在的维度",
        "blocks": "由这四块组成的矩阵",
        "corner": "其右上块",
        "causal_mask": "到查询自身的位置为止是 0，之后的键为 −∞",
        "argsort": "按升序排列时各元素的位置；descending 时最大者在前",
        "first": "其中的前 k 个",
        "kth": "其中的第 k 个",
        "median_place": "中位数的位置；两个中间元素取较小者",
        "mode_place": "出现最多的元素最后一次出现的位置",
        "last_place": "满足 j ≤ i 且取此值的最后一个位置 j",
        "lower": "秩 q (n − 1) 之下相邻的排序元素的位置",
        "upper": "秩 q (n − 1) 之上相邻的排序元素的位置",
        "between": "秩介于下方与上方之间的比例",
        "quantile": "排序后秩为 q (n − 1) 处的值（插值）",
        "winner": "窗口中最大元素的位置",
        "flat": "按行计数的序号",
        "onehot": "目标类别处为 1，其余为 0",
        "count": "元素的个数",
        "extended": "以零补足到该形状",
        "stays": "之后未被覆盖的元素为 1，否则为 0",
        "untouched": "没有元素写入处为 1，否则为 0",
        "scatter": "x，在索引所指的位置被覆盖",
        "scatter_reduce": "每个位置上 x 与索引送到那里的元素的极值",
        "masked": "掩码成立处的元素，按次序",
        "masked_scatter": "x，在掩码成立处按次序被覆盖",
        "written": "原地写入的区域",
        "bag_of": "每一行所在的袋的序号",
        "largest_of": "每个袋中最大元素所在的行",
        "nothing_in": "没有行的袋为 1，否则为 0",
        "concat": "沿该维度拼接", "stack": "沿新维度拼接",
        "split": "切成拼接前的各部分", "unstack": "切成拼接前的各切片",
        "pad": "加上边框", "unpad": "去掉边框：复制到边框中的部分加回原处",
        "tile": "并排重复", "untile": "对各份副本求和",
        "flip": "次序颠倒", "roll": "循环移位", "shift": "移位，空出处补零",
        "broadcast_to": "复制到该形状", "cast": "舍入到该数值格式",
        "tril": "下三角，其余为 0", "triu": "上三角，其余为 0",
        "triangle": "被读取的三角；unitriangular 时对角线为 1",
        "diag": "以此为对角线的矩阵，或矩阵的对角线，其余为 0",
        "diagonal": "对角线", "undiagonal": "以此为对角线的零矩阵", "diag_embed": "以此为对角线的零矩阵",
        "tr": "迹，即对角线之和", "cofactor": "余子式矩阵，即行列式的梯度",
        "along": "沿一个维度与矩阵相乘",
        "strided": "按步幅的视图所显示的元素", "unstrided": "零，各元素加到视图显示它的位置",
        "unfold": "沿一个维度的所有窗口", "refold": "窗口的每个元素加回原处",
        "unfold_image": "图像的各窗口，作为列", "fold": "由窗口还原的图像；重叠处相加",
        "plane_gather": "按行计数的这些序号处的元素",
        "plane_scatter": "零，各元素加到按行计数的序号处",
        "max_windows_indices": "每个窗口最大元素的序号，按行计数",
        "einsum": "字母所指的乘积之和", "exchanged": "该操作数与结果互换",
        "tensordot": "对成对的维度求乘积之和", "free": "对它未求和的维度",
        "cross": "叉积", "sinc": "sin(πx) / (πx)",
        "jv": "第一类贝塞尔函数", "yv": "第二类贝塞尔函数",
        "iv": "第一类修正贝塞尔函数", "kv": "第二类修正贝塞尔函数",
        "eval_chebyt": "第一类切比雪夫多项式", "eval_chebyu": "第二类切比雪夫多项式",
        "eval_legendre": "勒让德多项式", "eval_hermite": "埃尔米特多项式",
        "eval_hermitenorm": "概率论中的埃尔米特多项式", "eval_gegenbauer": "盖根鲍尔多项式",
        "eval_genlaguerre": "拉盖尔多项式", "gammainc": "下不完全伽马函数除以 Γ(a)",
        "gammaincc": "上不完全伽马函数除以 Γ(a)", "Ai": "艾里函数", "dAi": "其导数",
        "digamma": "log Γ 的导数", "psi_n": "其各阶导数", "zeta": "1 / (k + b)^a 之和",
    },
}  # fmt: skip


def words_in(tree: ast.expr | None) -> Iterator[str]:
    """What a note may explain in an expression, as it is printed: functions, and rows, classes and time below a sum."""
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, ast.Call):
            name = (
                node.func.id if isinstance(node.func, ast.Name) else node.func.attr if isinstance(node.func, ast.Attribute) else ""
            )
            if name == "spread" and len(node.args) + len(node.keywords) == 1:
                yield "𝟏"
            elif name != "unindex":
                yield {"broadcast": "broadcast_to", "polygamma": "psi_n", "ive": "iv", "kve": "kv"}.get(
                    name, LABELS.get(name, name)
                )
        elif isinstance(node, ast.Name) and node.id in ("rows", "time", "classes", "winner", "written"):
            yield node.id


def notes_of(trees: Iterator[ast.expr] | list[ast.expr], language: str = "en") -> list[tuple[str, str]]:
    """The words of expressions that want an explanation, each with its sentence."""
    used = {word for tree in trees for word in words_in(tree)}
    return [(printed(word, language), note) for word, note in NOTES[language].items() if word in used]


def printed(word: str, language: str) -> str:
    """How a word of the notes is printed in a language."""
    return TERMS[language].get(word, PRINTED.get(word, word))


__all__ = ["LABELS", "NOTES", "TERMS", "notes_of", "printed", "words_in"]
