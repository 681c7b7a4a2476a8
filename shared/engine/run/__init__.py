"""The running engine: the processor of batches, the consumer loop, start checks and the nameko extensions."""
