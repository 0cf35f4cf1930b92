import CLinux

/// What was freed and is still the process's.
///
/// The C library keeps freed memory for the next allocation, in one heap per some threads, and gives back to the kernel
/// what lies at a heap's end only: after a listing of 200,000 names that is next to nothing.
public enum FreedMemory {
    /// Gives whole pages back to the kernel. Takes some milliseconds per 100 MB of heap, in which other threads may have
    /// to wait for memory: for upkeep, after something large.
    public static func giveBack() {
        larder_trim_memory()
    }
}
