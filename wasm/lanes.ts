// What four lanes come to.

// @ts-ignore: decorator
@inline
export function total(v: v128): f64 {
  const pairs = f32x4.add(v, i32x4.shuffle(v, v, 2, 3, 0, 1))
  return <f64>(f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1))
}

// @ts-ignore: decorator
@inline
export function largest(v: v128): f32 {
  return max(max(f32x4.extract_lane(v, 0), f32x4.extract_lane(v, 1)), max(f32x4.extract_lane(v, 2), f32x4.extract_lane(v, 3)))
}

// @ts-ignore: decorator
@inline
export function lanesOf(v: v128): f64 {
  return <f64>i32x4.extract_lane(v, 0) + <f64>i32x4.extract_lane(v, 1) + <f64>i32x4.extract_lane(v, 2) + <f64>i32x4.extract_lane(v, 3)
}
