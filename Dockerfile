# chipgen in a container: docker build -t chipgen . ; docker run --rm -i chipgen render - -o - ...
# What is installed is locked by hash; no root at run time, no network needed.
FROM python:3.12-slim AS build
WORKDIR /source
COPY locks/demo.txt locks/build.txt locks/linker.txt locks/
RUN python -m venv /opt/chipgen \
    && /opt/chipgen/bin/pip install --no-cache-dir --no-deps --require-hashes --only-binary :all: \
        -r locks/demo.txt \
    && pip install --no-cache-dir --no-deps --require-hashes --only-binary :all: \
        -r locks/build.txt -r locks/linker.txt
COPY . .
RUN pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /wheels . \
    && /opt/chipgen/bin/pip install --no-cache-dir --no-deps /wheels/*.whl \
    && /opt/chipgen/bin/pip uninstall -y pip

FROM python:3.12-slim
COPY --from=build /opt/chipgen /opt/chipgen
ENV PATH=/opt/chipgen/bin:$PATH
RUN useradd --create-home --uid 1000 chipgen
USER chipgen
WORKDIR /home/chipgen
ENTRYPOINT ["chipgen"]
CMD ["--help"]
