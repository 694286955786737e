import depthmesh from 'depthmesh/vite'
import { defineConfig } from 'vite'

export default defineConfig({
  base: './',
  // The view that the game opens with.
  plugins: [depthmesh({ preload: ['src/art/canyon.depth.png', 'src/art/valley.depth.png'] })],
  build: { chunkSizeWarningLimit: 900 },
})
