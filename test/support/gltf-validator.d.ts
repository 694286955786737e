declare module 'gltf-validator' {
  /** Severity: 0 error, 1 warning, 2 information, 3 hint. */
  interface Message {
    code: string
    message: string
    severity: 0 | 1 | 2 | 3
    pointer?: string
  }
  interface Options {
    maxIssues?: number
    format?: 'glb' | 'gltf'
    externalResourceFunction?: (uri: string) => Promise<Uint8Array>
  }
  export function validateBytes(bytes: Uint8Array, options?: Options): Promise<{ issues: { messages: Message[]; truncated: boolean } }>
}
