public import Model

import Glibc

/// Calls that change what `stat` says.
extension FileCalls {
    public static func setMode(of descriptor: Int32, _ mode: UInt32) throws(Errno) {
        _ = try systemCall { fchmod(descriptor, mode) }
    }

    public static func setSize(of descriptor: Int32, _ size: Int64) throws(Errno) {
        _ = try systemCall { ftruncate(descriptor, off_t(size)) }
    }
}
