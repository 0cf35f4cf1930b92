/// One client of a ``LineServer``: what it has sent and not been answered, what it has not taken yet.
///
/// A pure value that is told the time; the server does the reading and writing. Requests are taken one by one, the next one
/// when the answer to the one before has been taken: a client that sends and does not read costs one answer, not one for
/// each of its lines.
struct LineConnection: Sendable {
    let requestBytesMax: Int
    let idleMax: Duration
    /// Received and not taken by ``nextLine()``.
    private var input: [UInt8] = []
    /// Bytes of ``input``, from its start, that are known to hold no newline: what drips in is looked through once.
    private var searched = 0
    /// To be sent, from ``sent`` on.
    private var output: [UInt8] = []
    private var sent = 0
    /// The connection is closed at this time unless something happens before.
    private(set) var closesAt: Duration

    init(requestBytesMax: Int, idleMax: Duration, now: Duration) {
        self.requestBytesMax = requestBytesMax
        self.idleMax = idleMax
        closesAt = now + idleMax
    }

    var hasOutput: Bool { sent < output.count }
    var rest: ArraySlice<UInt8> { output[sent...] }
    /// Bytes kept for this client.
    var heldBytes: Int { input.count + output.count }
    /// Whether ``nextLine()`` has something to give, or to refuse.
    var hasLine: Bool { input.count > requestBytesMax || input[searched...].contains(Self.newline) }

    private static let newline = UInt8(ascii: "\n")

    /// A request longer than allowed, which nobody answers.
    struct TooLong: Error {}

    /// Takes bytes in; to be called when there is no line left, so that little more than one request is ever kept. A request
    /// must be complete within ``idleMax`` of the connection's start or of the last answer's end: no time is granted for
    /// bytes that drip in.
    mutating func receive(_ bytes: ArraySlice<UInt8>) {
        input += bytes
    }

    /// - Returns: the next request without its newline; nil when none is complete.
    mutating func nextLine() throws(TooLong) -> [UInt8]? {
        guard let end = input[searched...].firstIndex(of: Self.newline) else {
            guard input.count <= requestBytesMax else { throw TooLong() }
            searched = input.count
            return nil
        }
        guard end <= requestBytesMax else { throw TooLong() }
        let line = Array(input[..<end])
        input.removeSubrange(...end)
        searched = 0
        return line
    }

    /// Queues an answer. All of it must be taken within ``idleMax``: no time is granted for a client that takes it byte by
    /// byte.
    mutating func answer(_ bytes: [UInt8], now: Duration) {
        output = bytes
        sent = 0
        closesAt = now + idleMax
    }

    /// - Returns: whether that was the answer's end, from which the next request has its time.
    mutating func wasSent(_ count: Int, now: Duration) -> Bool {
        sent += count
        guard sent == output.count else { return false }
        output = []
        sent = 0
        closesAt = now + idleMax
        return true
    }
}
