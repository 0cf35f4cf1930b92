import Model

extension NodeTable {
    /// The size that the kernel knows of a file, unless it has taken none of an answer.
    func toldSize(of id: NodeID) -> Int64? {
        guard let attributes = self[id]?.attributes, attributes.isRegular else { return nil }
        return toldSizes[id] ?? attributes.size
    }
}

extension NodeTable.Effects {
    /// Takes out the notice of that whose attributes are the answer: of a file where they bring another size than the kernel was told
    /// (without that it keeps pages which may be old), of anything else always.
    mutating func takeNotice(
        of id: NodeID, _ told: Int64?, _ answer: FileAttributes
    ) -> [Notice] {
        let isWithoutPages = answer.isRegular ? told != nil && told != answer.size : true
        guard isWithoutPages, let index = notices.firstIndex(of: .inode(id)) else { return [] }
        return [notices.remove(at: index)]
    }
}
