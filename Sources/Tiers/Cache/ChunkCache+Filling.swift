public import Model
public import Share

import Platform

/// Bringing what nobody reads now into the tiers behind memory, past memory: it would only push out what people read.
extension ChunkCache {
    public enum Filling: Sendable {
        /// The tiers had all of it.
        case held
        /// So many bytes came from the share, and were offered to the tiers.
        case fetched(Int64)
        /// The file was changed, or what is stored of it removed, meanwhile.
        case changed
        case failed(ShareFile.ReadFailure)
    }

    /// Brings one chunk, all of it, unless the tiers have it. Behind everything that is read or read ahead.
    ///
    /// - Parameters:
    ///   - gate: where removals are noted of what may be stored.
    ///   - completion: called once, on any thread.
    public func fill(
        _ file: CachedFile, _ chunk: ChunkIndex, through gate: StoreGate,
        completion: @escaping @Sendable (Filling) -> Void
    ) {
        let whole = MissingBlocks(chunk: chunk, blocks: file.geometry.allBlocks(of: chunk))
        tiers.contains(whole, of: file.identity) { [self] isHeld in
            if isHeld { completion(.held) } else { fetch(file, whole, gate, completion) }
        }
    }

    /// Whether ``fill(_:_:through:completion:)`` would find all of a chunk in the tiers.
    ///
    /// - Parameter completion: called once, on any thread.
    public func isHeld(
        _ file: CachedFile, _ chunk: ChunkIndex, completion: @escaping @Sendable (Bool) -> Void
    ) {
        let whole = MissingBlocks(chunk: chunk, blocks: file.geometry.allBlocks(of: chunk))
        tiers.contains(whole, of: file.identity, completion: completion)
    }

    /// The requests of one chunk, of which the last to come tells.
    private struct Progress: Sendable {
        var left: Int
        var bytes: Int64 = 0
        var failure: ShareFile.ReadFailure?
    }

    private func fetch(
        _ file: CachedFile, _ whole: MissingBlocks, _ gate: StoreGate,
        _ completion: @escaping @Sendable (Filling) -> Void
    ) {
        let geometry = file.geometry
        let requests = ShareRequest.make(
            for: [whole], geometry: geometry,
            sizeMax: min(configuration.requestSizeMax, Self.prefetchSizeMax))
        guard !requests.isEmpty, file.isKept else { return completion(.held) }
        let pass = gate.enter(file.identity.path)
        let progress = Mutexed(Progress(left: requests.count))
        for request in requests {
            let blocks = request.allocate(geometry, from: buffers).map(\.block)
            _ = file.source.read(
                request.range, into: blocks.map(\.buffer), blockSize: geometry.blockSize,
                urgency: .background
            ) { [tiers] result in
                if case .success = result {
                    gate.use(pass) {
                        tiers.store(blocks, of: whole.chunk, file.identity, priority: .medium)
                    }
                }
                let ended = progress.withLock { progress -> Progress? in
                    progress.left -= 1
                    switch result {
                    case .success: progress.bytes += Int64(request.range.count)
                    case .failure(let failure): progress.failure = failure
                    }
                    return progress.left == 0 ? progress : nil
                }
                guard let ended else { return }
                let isSame = gate.leave(pass)
                if let failure = ended.failure { return completion(.failed(failure)) }
                completion(isSame ? .fetched(ended.bytes) : .changed)
            }
        }
    }
}
