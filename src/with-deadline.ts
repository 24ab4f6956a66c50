/** The value, or undefined when it takes longer than `deadlineMs`. */
export async function withDeadline<T>(value: Promise<T>, deadlineMs: number): Promise<T | undefined> {
  let timer: Timer | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), deadlineMs)
  })
  try {
    return await Promise.race([value, late])
  } finally {
    clearTimeout(timer)
  }
}
