public import Model

import CLinux

extension FileCalls {
    /// What tells a file from others that have its inode number before or after it: a sum over the handle that its file
    /// system gives out, with the inode's generation in it. Links are not followed.
    ///
    /// Local disks and NFS clients answer by themselves, in a microsecond where they have just been asked for attributes.
    ///
    /// - Parameter name: in `directory`; empty: of what `directory` itself is open on.
    /// - Returns: 0 where the file system has no handles, or nothing of this name.
    public static func generation(at directory: Int32, _ name: Name) -> UInt32 {
        withUnsafeTemporaryAllocation(byteCount: 128, alignment: 8) { bytes in
            var length = UInt32(bytes.count)
            let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
            let result = name.withCString { larder_file_handle(directory, $0, start, &length) }
            guard result == 0 else { return 0 }
            let handle = UnsafeRawBufferPointer(rebasing: bytes[..<Int(length)])
            return max(1, UInt32(truncatingIfNeeded: XXH3.hash64(handle)))
        }
    }

    /// As ``generation(at:_:)``, of what is open.
    public static func generation(of descriptor: Int32) -> UInt32 {
        generation(at: descriptor, Name(""))
    }
}
