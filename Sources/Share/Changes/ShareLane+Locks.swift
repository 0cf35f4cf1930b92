public import Model
public import Platform

/// Locks belong to open file descriptions, so who takes some needs one of his own.
extension ShareLane {
    /// Opens a file that is open already once more, with an open file description of its own.
    ///
    /// - Parameters:
    ///   - handle: that has it open, if there is one.
    ///   - source: that has it open, where no name leads to it any more.
    ///   - location: where it is else.
    ///   - modes: access modes, the first that the share grants is taken.
    /// - Throws: `ESTALE` when there is no way to it; else what the last of the modes gave.
    public func openApart(
        _ handle: ShareHandle?, _ source: ShareFile?, _ location: ShareLocation?,
        modes: [OpenFlags], for authority: Authority
    ) throws(Errno) -> DescriptorReference {
        var refusal = Errno.stale
        for mode in modes {
            do throws(Errno) {
                return try share.measured { () throws(Errno) in
                    try openApart(handle, source, location, mode, authority)
                }
            } catch {
                refusal = error
            }
        }
        throw refusal
    }

    private func openApart(
        _ handle: ShareHandle?, _ source: ShareFile?, _ location: ShareLocation?,
        _ mode: OpenFlags, _ authority: Authority
    ) throws(Errno) -> DescriptorReference {
        let known: DescriptorReference
        if let handle {
            known = handle.descriptor
        } else if let location {
            // Nobody says here when the lock goes, so that what is open for it always counts.
            let hold = OpenPaths.Hold()
            hold.end {}
            return try open(location, mode, hold, for: authority)
        } else if let source {
            known = try source.readable(self)
        } else {
            throw .stale
        }
        return try known.withRawValue { (raw) throws(Errno) in
            try act(authority) { () throws(Errno) in
                DescriptorReference(
                    try FileCalls.reopen(raw, mode.union(.nonBlocking)),
                    keeping: authority.companion)
            }
        }
    }
}
