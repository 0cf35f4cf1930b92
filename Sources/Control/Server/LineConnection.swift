/// One client of a ``LineServer``: what it has sent and not been answered, what it has not taken
/// yet.
///
/// A pure value that is told the time; the server does the reading and writing.
struct LineConnection: Sendable {
    let requestBytesMax: Int
    let idleMax: Duration
    /// Received, no newline yet.
    private(set) var input: [UInt8] = []
    /// To be sent, from ``sent`` on.
    private(set) var output: [UInt8] = []
    private(set) var sent = 0
    /// The connection is closed at this time unless something happens before.
    private(set) var closesAt: Duration

    init(requestBytesMax: Int, idleMax: Duration, now: Duration) {
        self.requestBytesMax = requestBytesMax
        self.idleMax = idleMax
        closesAt = now + idleMax
    }

    var hasOutput: Bool { sent < output.count }
    var rest: ArraySlice<UInt8> { output[sent...] }

    /// A request longer than allowed, which nobody answers.
    struct TooLong: Error {}

    /// Takes bytes in. A request must be complete within ``idleMax`` of its first byte: time is
    /// granted anew when an answer has been sent, not for every byte that drips in.
    ///
    /// - Returns: complete lines, without their newline.
    mutating func receive(_ bytes: ArraySlice<UInt8>) throws(TooLong) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        var rest = bytes
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            guard input.count + end - rest.startIndex <= requestBytesMax else { throw TooLong() }
            lines.append(input + rest[..<end])
            input = []
            rest = rest[(end + 1)...]
        }
        guard input.count + rest.count <= requestBytesMax else { throw TooLong() }
        input += rest
        return lines
    }

    mutating func answer(_ bytes: [UInt8]) {
        output += bytes
    }

    mutating func wasSent(_ count: Int, now: Duration) {
        sent += count
        closesAt = now + idleMax
        if sent == output.count {
            output = []
            sent = 0
        }
    }
}
