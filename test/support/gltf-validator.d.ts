declare module 'gltf-validator' {
  /** Severity: 0 error, 1 warning, 2 information, 3 hint. */
  interface Message {
    code: string
    message: string
    severity: 0 | 1 | 2 | 3
    pointer?: string
  }
  export function validateBytes(bytes: Uint8Array, options?: { maxIssues?: number; format?: 'glb' | 'gltf' }): Promise<{ issues: { messages: Message[]; truncated: boolean } }>
}
