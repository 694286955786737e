import { Canvas, useFrame } from '@react-three/fiber'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { asset } from '../../game/src/art/canyon.depth.png'
import { DepthBackground } from './depth-background.jsx'

const { fovY, aspect, near, far } = asset.camera
document.body.style.background = `center / cover url(${asset.placeholder})`

const show = (level) => (document.querySelector('output').value = `LOD ${level}, ${asset.lods[level].triangles} triangles`)

createRoot(document.querySelector('#root')).render(
  <StrictMode>
    {/* `flat`: no tone mapping, which would change the colours of the picture. It was taken from the origin, looking down −Z. */}
    <Canvas flat camera={{ position: [0, 0, 0], near: near / 2, far: far * 2 }}>
      <SourceView />
      <DepthBackground asset={asset} onLevel={show} />
    </Canvas>
  </StrictMode>,
)

/** Shows as much of the picture as covers the screen, and follows the pointer: as far as a tenth of `near`, nothing is missing. */
function SourceView() {
  useFrame(({ camera, pointer, size }) => {
    camera.fov = (360 / Math.PI) * Math.atan(Math.tan((fovY * Math.PI) / 360) * Math.min(1, (aspect * size.height) / size.width))
    camera.updateProjectionMatrix()
    camera.position.set((pointer.x * near) / 20, (pointer.y * near) / 20, 0)
  })
  return null
}
