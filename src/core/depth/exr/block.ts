import type { ExrChannel, SampleType } from './header.js'

/** A group of lines, or a tile: what is compressed together. */
export interface Block {
  /** Left column and top line, in the coordinates of the data window. */
  x: number
  y: number
  /** Pixels. */
  width: number
  /** Pixels. */
  height: number
  channels: readonly ExrChannel[]
}

/** The samples of one channel in one line of a block. */
export interface Run {
  /** Index of the channel. */
  channel: number
  /** Samples: fewer than pixels where the channel is subsampled. */
  count: number
  /** Where they begin in the unpacked block. */
  at: number
  /** Line within the block. */
  line: number
}

export const SAMPLE_BYTES: Record<SampleType, number> = { uint: 4, half: 2, float: 4 }

/**
 * How an unpacked block is laid out: line by line, channel by channel.
 *
 * ```
 * y = 0   A A A A   B B B B   Z Z Z Z      little-endian samples
 * y = 1   A A A A   B B B B   Z Z Z Z
 * ```
 */
export function* runsOf({ x, y, width, height, channels }: Block): Generator<Run> {
  let at = 0
  for (let line = 0; line < height; line++) {
    for (const [channel, { type, xSampling, ySampling }] of channels.entries()) {
      if ((y + line) % ySampling !== 0) continue
      const count = samplesIn(x, width, xSampling)
      yield { channel, count, at, line }
      at += count * SAMPLE_BYTES[type]
    }
  }
}

/** Size of the unpacked block, bytes. */
export function blockBytes({ x, y, width, height, channels }: Block): number {
  let bytes = 0
  for (const { type, xSampling, ySampling } of channels) bytes += samplesIn(x, width, xSampling) * samplesIn(y, height, ySampling) * SAMPLE_BYTES[type]
  return bytes
}

/** Multiples of `sampling` among `count` coordinates from `first` on. */
export function samplesIn(first: number, count: number, sampling: number): number {
  return Math.floor((first + count - 1) / sampling) - Math.ceil(first / sampling) + 1
}
