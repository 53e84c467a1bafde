// Numbers, shapes and counts as text.

export function cut(text) {
  return text.length <= 34 ? text : `${text.slice(0, 16)}…${text.slice(-16)}`;
}

export function shapeText(shape, scalar) {
  if (!shape?.length) return shape ? scalar : "";
  return Array.isArray(shape[0]) ? shape.map((one) => shapeText(one, scalar)).join(", ") : shape.join(" × ");
}
export function show(value, digits = 5) {
  if (value === null || value === undefined) return "–";
  if (typeof value === "string") return value;
  if (typeof value === "boolean") return String(value);
  const text =
    value !== 0 && (Math.abs(value) >= 1e5 || Math.abs(value) < 1e-3)
      ? value.toExponential(Math.min(3, digits - 1)).replace(/\.?0+e/, "e")
      : String(+value.toPrecision(digits));
  return text.replace("e+", "e");
}
