import CXGBoost

/// Rows of numbers, and a label for each, in the library's memory.
///
/// Threads: one.
final class XGBoostMatrix {
    let handle: DMatrixHandle
    let rows: Int

    /// - Parameters:
    ///   - values: row by row; NaN is missing. The library copies them.
    ///   - labels: one for each row; empty for what is only predicted.
    init(values: [Float], columns: Int, labels: [Float]) throws(XGBoostError) {
        guard columns > 0, values.count.isMultiple(of: columns),
            labels.isEmpty || labels.count * columns == values.count
        else { throw XGBoostError("\(values.count) values in \(columns) columns") }
        let rows = values.count / columns
        self.rows = rows
        var made: DMatrixHandle?
        let code = values.withUnsafeBufferPointer { buffer in
            // An array interface, as NumPy has it: the library takes nothing else in all of its versions.
            let place = UInt(bitPattern: buffer.baseAddress)
            let array = """
                {"data": [\(place), true], "shape": [\(rows), \(columns)], \
                "typestr": "<f4", "version": 3}
                """
            return XGDMatrixCreateFromDense(array, #"{"missing": NaN, "nthread": 1}"#, &made)
        }
        try XGBoostError.check(code)
        guard let made else { throw XGBoostError("no matrix") }
        handle = made
        if !labels.isEmpty {
            try XGBoostError.check(
                XGDMatrixSetFloatInfo(made, "label", labels, bst_ulong(labels.count)))
        }
    }

    deinit {
        XGDMatrixFree(handle)
    }
}
