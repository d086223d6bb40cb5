/**
 * One step of a story whose steps need each other: they are one test, so that the first that fails is the last that is waited for, and where
 * the story stopped is the first thing its failure says.
 */
export async function step<T>(name: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    if (error instanceof Error) error.message = `where somebody ${name}: ${error.message}`
    throw error
  }
}
