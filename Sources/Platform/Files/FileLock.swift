public import Model

import Glibc

/// Advisory locks on whole files (`flock(2)`): bound to the open file, gone when its process ends.
public enum FileLock {
    /// - Returns: false when somebody else holds it.
    public static func tryExclusive(_ descriptor: Int32) throws(Errno) -> Bool {
        do {
            _ = try systemCall { flock(descriptor, LOCK_EX | LOCK_NB) }
            return true
        } catch .again {
            return false
        }
    }
}
