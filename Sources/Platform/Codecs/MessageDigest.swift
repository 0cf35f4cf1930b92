public import Model

import CMessageDigest

/// SHA-256, through libmd.
public enum MessageDigest {
    public static func sha256(_ bytes: [UInt8]) -> ObjectKey {
        var digest = [UInt8](repeating: 0, count: 32)
        larder_sha256(bytes, bytes.count, &digest)
        return ObjectKey(bytes: digest)
    }
}
