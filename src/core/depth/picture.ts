/** The colour picture in gray, laid over the map pixel by pixel: what pre-flight compares the map with, and what decides which side of a silhouette a pixel is on. */
export interface GrayPicture {
  /** The map's size, pixels. */
  width: number
  height: number
  /** width × height gray levels, row 0 on top. */
  gray: Uint8Array
  /** Size of the picture itself, pixels. */
  sourceWidth: number
  sourceHeight: number
}
