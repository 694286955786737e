/**
 * Settings as people write them: every key optional.
 *
 * (Made of the schema in options.ts by `npm run generate`.)
 */
export interface SettingsInput {
  /**
   * The colour picture, relative to the sidecar; stays inside the project. `null`: none.
   * Default: `<stem>.color.*`, `<stem>.*`.
   */
  color?: string | null | undefined
  /**
   * `perspective`: unprojected through a camera at the origin looking down −Z. `orthographic`: a relief (terrain, props, walls).
   * Default: `"perspective"`.
   */
  projection?: 'perspective' | 'orthographic' | undefined
  /**
   * What the gray levels are linear in: `disparity` (1/depth: AI estimators, stereo), `depth` (a renderer’s normalised Z), `metric` (levels × `unit` = metres: sensors, EXR); `terrain-rgb` and `terrarium`: elevation tiles.
   * Default: `"disparity"`.
   */
  encoding?: 'disparity' | 'depth' | 'metric' | 'terrain-rgb' | 'terrarium' | undefined
  /**
   * The channel that holds depth where a file has several: `"r"`, `"g"`, `"b"`, or the name of an EXR channel.
   * Default: `null`.
   */
  channel?: string | null | undefined
  /**
   * Whether white is `near` or `far`.
   * Default: `"near"`.
   */
  white?: 'near' | 'far' | undefined
  /**
   * Metres of the nearest level (perspective; unused by `metric`).
   * Default: `1`.
   */
  near?: number | undefined
  /**
   * Metres of the farthest level (perspective; unused by `metric`).
   * Default: `10`.
   */
  far?: number | undefined
  /**
   * Metres per level, for `metric` integers; floats are metres.
   * Default: `0.001`.
   */
  unit?: number | null | undefined
  /**
   * Vertical field of view of the source camera, degrees.
   * Default: `45`.
   */
  fovY?: number | undefined
  /**
   * Orthographic: metres across.
   * Default: `10`.
   */
  width?: number | undefined
  /**
   * Orthographic: metres from black to white.
   * Default: `1`.
   */
  relief?: number | undefined
  /**
   * What pure black means: `far` (the farthest surface), `cut` (nothing there: a prop on black), `hole` (unknown: fill it in).
   * Default: `"far"`.
   */
  black?: 'far' | 'cut' | 'hole' | null | undefined
  /**
   * Undo a gamma: the stored level is raised to this power.
   * Default: `1`.
   */
  gamma?: number | undefined
  /**
   * `[black, white]` points in 0..1 that are stretched to the full range.
   * Default: `null`.
   */
  levels?: [number, number] | null | undefined
  /**
   * 0..1, how strictly the surface follows the map: below 1 blends toward its edge-preserving smooth form.
   * Default: `1`.
   */
  depthInfluence?: number | undefined
  /**
   * `auto` (each step only where its check fires), `false`, or an object per step: `holes`, `spikes`, `noise`, `bands`, `silhouettes`.
   * Default: `"auto"`.
   */
  clean?: 'auto' | false | {
    /** Fill in what is unknown. */
    holes?: boolean | 'auto' | undefined
    /** Remove lone outliers. */
    spikes?: boolean | 'auto' | undefined
    /** Smooth sensor noise. */
    noise?: boolean | 'auto' | undefined
    /** Smooth terraces, inside of what each level allows. */
    bands?: boolean | 'auto' | undefined
    /** Snap soft edges to one side. */
    silhouettes?: boolean | 'auto' | undefined
  } | undefined
  /**
   * Orthographic: `wall` stands in the XY plane facing +Z, `ground` lies in the XZ plane with +Y up (terrain).
   * Default: `"wall"`.
   */
  orientation?: 'wall' | 'ground' | undefined
  /**
   * Depth jump, as a fraction of the disparity range, at which the surface is cut; `false` keeps one sheet.
   * Default: `0.03`; orthographic: `false`.
   */
  cut?: false | number | undefined
  /**
   * Metres that the game camera may move away from the source view in any direction: sets how far the hidden layer reaches behind foreground edges and past the border, at most a quarter of the picture’s longer side (`0`: no hidden layer).
   * Default: `0.1 × near`.
   */
  travel?: number | null | undefined
  /**
   * Triangle budgets, fine → coarse; or `{ "error": [px, …] }`: the largest error of each level’s bare mesh in source pixels.
   * Default: `[100000, 25000, 6000, 1500]`.
   */
  lods?: number[] | {
    /** The largest error of each level’s bare mesh, source pixels. */
    error: number[]
  } | undefined
  /**
   * `adaptive` or `grid` (even quads).
   * Default: `"adaptive"`.
   */
  topology?: 'adaptive' | 'grid' | undefined
  /**
   * Close the back and the sides: watertight.
   * Default: `false`.
   */
  solid?: boolean | undefined
  /**
   * Lit adds one shared normal map baked from the full-resolution depth.
   * Default: `"unlit"` with a colour picture, else `"lit"`.
   */
  shading?: 'unlit' | 'lit' | null | undefined
  /**
   * The colour texture: `webp`, `avif`, `jpeg`, `png`, `ktx2`; `size`: its longer side at LOD 0, pixels; smaller pictures get a higher `quality`, up to 90.
   * Default: `{ "format": "webp", "quality": 80, "size": 2048 }`.
   */
  texture?: {
    /** Its file format. */
    format?: 'webp' | 'avif' | 'jpeg' | 'png' | 'ktx2' | undefined
    /** 1..100, for formats that lose some. */
    quality?: number | undefined
    /** Its longer side at LOD 0, pixels. */
    size?: number | undefined
  } | undefined
  /**
   * The normal map of lit meshes; `size`: its longer side, pixels.
   * Default: `{ "size": 1024, "quality": 90 }`.
   */
  normalMap?: {
    /** Its longer side, pixels. */
    size?: number | undefined
    /** 1..100. */
    quality?: number | undefined
  } | undefined
  /**
   * `meshopt`, `khr_meshopt` (a little smaller, for three alone), `quantize` (engines without meshopt), `none`.
   * Default: `"meshopt"`.
   */
  compression?: 'meshopt' | 'khr_meshopt' | 'quantize' | 'none' | undefined
  /**
   * `levels`: one GLB per level. `msft_lod`: one GLB with all of them, for Babylon.js.
   * Default: `"levels"`.
   */
  container?: 'levels' | 'msft_lod' | undefined
  /**
   * How many deterministic variations of this map to bake.
   * Default: `0`.
   */
  variants?: number | undefined
  /**
   * What the variations are drawn from.
   * Default: `1`.
   */
  seed?: number | undefined
}
