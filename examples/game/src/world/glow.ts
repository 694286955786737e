import { AdditiveBlending, CanvasTexture, PointsMaterial, SpriteMaterial, type ColorRepresentation } from 'three'

/** A soft disc of light, drawn once. */
const disc = (() => {
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = 64
  const context = canvas.getContext('2d')
  if (context !== null) {
    const gradient = context.createRadialGradient(32, 32, 0, 32, 32, 32)
    gradient.addColorStop(0, 'rgba(255,255,255,1)')
    gradient.addColorStop(0.16, 'rgba(255,255,255,0.75)')
    gradient.addColorStop(0.4, 'rgba(255,255,255,0.2)')
    gradient.addColorStop(1, 'rgba(255,255,255,0)')
    context.fillStyle = gradient
    context.fillRect(0, 0, 64, 64)
  }
  return new CanvasTexture(canvas)
})()

const additive = { map: disc, blending: AdditiveBlending, transparent: true, depthWrite: false, fog: false }

export const glowSprite = (color: ColorRepresentation, opacity: number): SpriteMaterial => new SpriteMaterial({ ...additive, color, opacity })

export const glowPoints = (color: ColorRepresentation, size: number, opacity: number): PointsMaterial => new PointsMaterial({ ...additive, color, size, opacity, sizeAttenuation: true })
