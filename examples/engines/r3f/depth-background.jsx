import { useFrame, useThree } from '@react-three/fiber'
import { loadDepthBackground } from 'depthmesh/three'
import { useEffect, useState } from 'react'

/** A depth map in a react-three-fiber scene. Loads when it is mounted, frees all of it when it goes; hot updates swap it by themselves. */
export function DepthBackground({ asset, target, onLevel }) {
  const [background, setBackground] = useState(null)
  const scene = useThree((state) => state.scene)
  const renderer = useThree((state) => state.gl)

  useEffect(() => {
    const controller = new AbortController()
    const loading = loadDepthBackground(asset, { scene, renderer, target, signal: controller.signal })
    loading.then((loaded) => !controller.signal.aborted && setBackground(loaded)).catch((error) => !controller.signal.aborted && reportError(error))
    return () => {
      controller.abort()
      setBackground(null)
      loading.then((loaded) => loaded.dispose()).catch(() => {})
    }
  }, [asset, target, scene, renderer])

  useFrame(({ camera }) => {
    background?.update(camera)
    if (background) onLevel?.(background.level)
  })
  return background && <primitive object={background.object} dispose={null} />
}
