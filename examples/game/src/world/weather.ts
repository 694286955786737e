import { Color, MeshBasicMaterial, type Mesh, type Object3D } from 'three'

/** Where the near world dissolves into the painting, metres from the camera. */
export const FADE_FROM = 330
export const FADE_TO = 640

/** Haze at the foot of the painting, by day and at dusk. */
const HAZE = new Color('#e9b088')
const HAZE_DUSK = new Color('#7d5570')
const DAY = new Color(1, 1, 1)
const DUSK = new Color('#8a6a92')

/** What the late light does to everything that is drawn. Shared by all materials. */
export const weather = {
  tint: { value: new Color(1, 1, 1) },
  haze: { value: HAZE.clone() },
}

/** @param dusk 0..1 */
export function setDusk(dusk: number): void {
  weather.tint.value.lerpColors(DAY, DUSK, dusk)
  weather.haze.value.lerpColors(HAZE, HAZE_DUSK, dusk)
}

/** Tints a picture of the far backdrop with the hour. */
export function paint(scene: Object3D): void {
  eachMaterial(scene, (material) => {
    material.onBeforeCompile = (shader) => {
      shader.uniforms.tint = weather.tint
      shader.fragmentShader = `uniform vec3 tint;\n${shader.fragmentShader}`.replace('#include <opaque_fragment>', '#include <opaque_fragment>\ngl_FragColor.rgb *= tint;')
    }
  })
}

/** Lets the near world fade into the haze and then away; `grain` adds detail to what is seen from very near. */
export function weatherIn(scene: Object3D, grain: boolean): void {
  eachMaterial(scene, (material) => {
    material.transparent = true
    material.forceSinglePass = true // else three draws two-sided ones twice
    material.onBeforeCompile = (shader) => {
      shader.uniforms.tint = weather.tint
      shader.uniforms.haze = weather.haze
      shader.vertexShader = `varying vec3 seen;\nvarying vec3 place;\n${shader.vertexShader}`.replace(
        '#include <project_vertex>',
        `#include <project_vertex>
        seen = mvPosition.xyz;
        vec4 where = vec4(transformed, 1.0);
        #ifdef USE_INSTANCING
          where = instanceMatrix * where;
        #endif
        place = (modelMatrix * where).xyz;`,
      )
      shader.fragmentShader = `uniform vec3 tint;\nuniform vec3 haze;\nvarying vec3 seen;\nvarying vec3 place;\n${GRAIN}\n${shader.fragmentShader}`.replace(
        '#include <opaque_fragment>',
        `#include <opaque_fragment>
        float away = length(seen);
        ${grain ? 'gl_FragColor.rgb *= grain(place, away);' : ''}
        gl_FragColor.rgb *= tint;
        float thick = 1.0 - exp(-pow(away / ${FADE_TO.toFixed(1)}, 1.6) * 2.2);
        gl_FragColor.rgb = mix(gl_FragColor.rgb, haze, thick);
        gl_FragColor.a *= 1.0 - smoothstep(${FADE_FROM.toFixed(1)}, ${FADE_TO.toFixed(1)}, away);`,
      )
    }
  })
}

/** Sand and pebbles: noise of three sizes, each gone before it would shimmer. */
const GRAIN = /* glsl */ `
float hashed(vec2 p) { return fract(sin(dot(p, vec2(127.1, 311.7))) * 43758.5453); }
float lump(vec2 p) {
  vec2 i = floor(p), f = fract(p);
  f = f * f * (3.0 - 2.0 * f);
  return mix(mix(hashed(i), hashed(i + vec2(1, 0)), f.x), mix(hashed(i + vec2(0, 1)), hashed(i + vec2(1, 1)), f.x), f.y) - 0.5;
}
float grain(vec3 place, float away) {
  vec2 p = place.xz + place.y * vec2(0.7, 0.4);
  float far = smoothstep(140.0, 30.0, away);
  float near = smoothstep(45.0, 8.0, away);
  return 1.0 + far * 0.2 * lump(p * 1.7) + near * (0.2 * lump(p * 6.0) + 0.16 * lump(p * 17.0));
}`

function eachMaterial(scene: Object3D, change: (material: MeshBasicMaterial) => void): void {
  scene.traverse((node) => {
    const { material } = node as Partial<Mesh>
    if (material instanceof MeshBasicMaterial) change(material)
  })
}
