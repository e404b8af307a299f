"""ResNets as in SimCLR: their blocks, selective kernels, and the ResNet that sees one patch at a time."""
