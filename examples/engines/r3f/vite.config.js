import depthmesh from 'depthmesh/vite'

export default { base: './', plugins: [depthmesh()] }
