/// A cache of so many chunks that decides by itself which goes; chunks are numbered from 0 on.
protocol ReplacementPolicy: Sendable {
    /// - Returns: whether the chunk was there. It is afterwards, unless the policy sends newcomers away.
    mutating func access(_ chunk: Int32) -> Bool
}
