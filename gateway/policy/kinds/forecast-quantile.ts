/**
 * The value that a Student t with `freedom` (also fractional, more than 2) degrees of freedom exceeds in size with probability `tails`,
 * both tails together. G. W. Hill, Algorithm 396: Student's t-quantiles, CACM 13 (1970) 619–620; good to six digits.
 */
export function studentQuantile(tails: number, freedom: number): number {
  const a = 1 / (freedom - 0.5)
  const b = 48 / (a * a)
  let c = ((20_700 * a) / b - 98) * a * a - 16 * a + 96.36
  const d = ((94.5 / (b + c) - 3) / b + 1) * Math.sqrt((a * Math.PI) / 2) * freedom
  let y = (d * tails) ** (2 / freedom)
  if (y > 0.05 + a) {
    const x = normalQuantile(tails / 2)
    y = x * x
    if (freedom < 5) c += 0.3 * (freedom - 4.5) * (x + 0.6)
    c += (((0.05 * d * x - 5) * x - 7) * x - 2) * x + b
    y = (((((0.4 * y + 6.3) * y + 36) * y + 94.5) / c - y - 3) / b + 1) * x
    y = Math.expm1(a * y * y)
  } else {
    y =
      ((1 / (((freedom + 6) / (freedom * y) - 0.089 * d - 0.822) * (freedom + 2) * 3) + 0.5 / (freedom + 4)) * y - 1) *
        ((freedom + 1) / (freedom + 2)) +
      1 / y
  }
  return Math.sqrt(freedom * y)
}

/** The normal deviate whose lower tail is `p`, to nine digits: P. J. Acklam's rational approximation (2003). */
export function normalQuantile(p: number): number {
  const [a, b] = [
    [
      -3.969683028665376e1, 2.209460984245205e2, -2.759285104469687e2, 1.38357751867269e2, -3.066479806614716e1,
      2.506628277459239,
    ],
    [-5.447609879822406e1, 1.615858368580409e2, -1.556989798598866e2, 6.680131188771972e1, -1.328068155288572e1, 1],
  ] as const
  const [c, d] = [
    [-7.784894002430293e-3, -3.223964580411365e-1, -2.400758277161838, -2.549732539343734, 4.374664141464968, 2.938163982698783],
    [7.784695709041462e-3, 3.224671290700398e-1, 2.445134137142996, 3.754408661907416, 1],
  ] as const
  const at = (terms: readonly number[], x: number): number => terms.reduce((sum, term) => sum * x + term, 0)
  if (p > 0.5) return -normalQuantile(1 - p)
  if (p < 0.02425) {
    const q = Math.sqrt(-2 * Math.log(p))
    return at(c, q) / at(d, q)
  }
  const q = p - 0.5
  return (at(a, q * q) * q) / at(b, q * q)
}
