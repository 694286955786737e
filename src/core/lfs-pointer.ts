/** The beginning of a file that Git LFS left in the place of another, where that was not fetched. */
export const LFS_POINTER = /^version https:\/\/git-lfs/
