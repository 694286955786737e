import depthmesh from 'depthmesh/vite'

// PlayCanvas has no meshopt decoder.
export default { base: './', plugins: [depthmesh({ compression: 'quantize' })] }
