public import Model

import Platform

extension Share {
    /// A folder, opened to be listed. Blocks.
    func readable(_ directory: DescriptorReference) throws(Errno) -> FileDescriptor {
        defer { withExtendedLifetime(directory) {} }
        return try onBehalfOfOwner(of: directory.rawValue) { () throws(Errno) in
            try FileCalls.reopen(directory.rawValue, [.readOnly, .directory])
        }
    }

    /// Lists a directory with the attributes of its entries.
    ///
    /// - Parameters:
    ///   - location: of the folder; another one there by now is `ESTALE`.
    ///   - relocate: asked on the lane where the folder lies by then, just before it is opened; nil: where it was.
    ///   - receive: takes the batches one after the other, on a share lane; false ends the listing with `ECANCELED`.
    ///   - completion: called once, after the last batch, on a lane or on the scheduler's timer.
    @discardableResult
    public func list(
        _ location: ShareLocation, urgency: ShareScheduler.Urgency,
        bounds: ListingBounds = ListingBounds(),
        relocate: @escaping @Sendable () -> ShareLocation? = { nil },
        receive: @escaping @Sendable (DirectoryBatch) -> Bool,
        completion: @escaping @Sendable (Result<Void, Errno>) -> Void
    ) -> DirectoryListing {
        let listing = DirectoryListing(
            self, location, urgency, bounds, clock: clock, relocate: relocate, receive: receive,
            completion: completion)
        listing.goOn()
        return listing
    }
}
