public import Model

import Glibc

extension Errno {
    /// In the system's words ("No space left on device").
    public var message: String {
        var buffer = [CChar](repeating: 0, count: 128)
        // The POSIX variant: fills the buffer. A number it does not know gets a text too.
        _ = strerror_r(rawValue, &buffer, buffer.count)
        let text = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return text.isEmpty ? "error \(rawValue)" : String(decoding: text, as: UTF8.self)
    }
}
