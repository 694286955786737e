/** The module that holds the compiled loops, as text. */
export declare function compileLoops(): Promise<string>
