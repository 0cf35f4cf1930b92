import CXGBoost

/// A model of the library's: a forest once ``update(_:)`` was called.
///
/// Threads: one.
final class XGBoostBooster {
    private let handle: BoosterHandle

    /// - Parameter parameters: by the library's names.
    init(
        _ matrix: XGBoostMatrix, parameters: [(name: String, value: String)]
    ) throws(XGBoostError) {
        var made: BoosterHandle?
        let matrices: [DMatrixHandle?] = [matrix.handle]
        try XGBoostError.check(XGBoosterCreate(matrices, 1, &made))
        guard let made else { throw XGBoostError("no booster") }
        handle = made
        for (name, value) in parameters {
            try XGBoostError.check(XGBoosterSetParam(made, name, value))
        }
    }

    deinit {
        XGBoosterFree(handle)
    }

    /// One round: all trees of a forest.
    func update(_ matrix: XGBoostMatrix) throws(XGBoostError) {
        try XGBoostError.check(XGBoosterUpdateOneIter(handle, 0, matrix.handle))
    }

    /// What the model says of each row.
    func predictions(for matrix: XGBoostMatrix) throws(XGBoostError) -> [Float] {
        let configuration = """
            {"type": 1, "training": false, "iteration_begin": 0, "iteration_end": 0, \
            "strict_shape": false}
            """
        var shape: UnsafePointer<bst_ulong>?
        var dimensions: bst_ulong = 0
        var values: UnsafePointer<Float>?
        try XGBoostError.check(
            XGBoosterPredictFromDMatrix(
                handle, matrix.handle, configuration, &shape, &dimensions, &values))
        guard let values, let shape, dimensions > 0, shape[0] == bst_ulong(matrix.rows) else {
            throw XGBoostError("predictions of another shape")
        }
        return Array(UnsafeBufferPointer(start: values, count: matrix.rows))
    }

    /// The model in Universal Binary JSON.
    func serialized() throws(XGBoostError) -> [UInt8] {
        var length: bst_ulong = 0
        var bytes: UnsafePointer<CChar>?
        try XGBoostError.check(
            XGBoosterSaveModelToBuffer(handle, #"{"format": "ubj"}"#, &length, &bytes))
        guard let bytes else { throw XGBoostError("no model") }
        return Array(UnsafeRawBufferPointer(start: bytes, count: Int(length)))
    }
}
