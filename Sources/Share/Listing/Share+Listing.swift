public import Model

extension Share {
    /// Lists a directory with the attributes of its entries.
    ///
    /// - Parameters:
    ///   - location: of the folder; another one there by now is `ESTALE`.
    ///   - receive: takes the batches one after the other, on a share lane; false ends the listing with `ECANCELED`.
    ///   - completion: called once, after the last batch, on a lane or on the scheduler's timer.
    @discardableResult
    public func list(
        _ location: ShareLocation, urgency: ShareScheduler.Urgency,
        bounds: ListingBounds = ListingBounds(),
        receive: @escaping @Sendable (DirectoryBatch) -> Bool,
        completion: @escaping @Sendable (Result<Void, Errno>) -> Void
    ) -> DirectoryListing {
        let listing = DirectoryListing(
            self, location, urgency, bounds, clock: clock, receive: receive, completion: completion)
        listing.goOn()
        return listing
    }
}
